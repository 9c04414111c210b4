#!/bin/sh
# Prints C that holds the migrations named as arguments (schema/NNNN-name.sql),
# in that order: a program carries its schema, so no file can be missing or of
# another version at run time.
set -eu
echo '#include "lib/store/migrate.h"'
echo 'const struct migration store_migrations[] = {'
for f; do
	name=$(basename "$f" .sql)
	version=$(echo "${name%%-*}" | sed "s/^0*\(.\)/\1/")
	echo "{ $version, \"$name\","
	sed -e 's/[\\"]/\\&/g' -e 's/^/"/' -e 's/$/\\n"/' "$f"
	echo '},'
done
echo '};'
echo 'const size_t store_migrations_n = sizeof(store_migrations) / sizeof(store_migrations[0]);'

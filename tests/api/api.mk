# The web API through a real web server, with real clients of it (tests/api).
#
#	make api			everything
#	make api T=test_races		one file; T=test_races::test_rename one test
#
# Python packages of fixed versions go into a folder under build/, the Go clients come as modules.
API_VENV := build/api-venv
API_GO   := tests/api/goclient

api: all $(API_VENV)/ready interop-go	## the web API with real clients, bad input, and its own document (T=name)
	@BIN=$(B) VENV=$(API_VENV) GO='$(GO)' sh tests/api/run.sh $(T)

$(API_VENV)/ready: tests/api/requirements.txt
	rm -rf $(API_VENV)
	python3 -m venv $(API_VENV)
	$(API_VENV)/bin/pip install -q --disable-pip-version-check -r $<
	touch $@

.PHONY: api

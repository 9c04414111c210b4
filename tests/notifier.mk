# The parts of the notifier that need no event loop, for unit tests and fuzzing.
NOTIFIER_PURE := batch batch_index batch_join head http1 msg presence_set ring slots wheel

$(B)/notifier.a: $(NOTIFIER_PURE:%=$(B)/notifier/%.o)
	rm -f $@
	ar rcs $@ $^

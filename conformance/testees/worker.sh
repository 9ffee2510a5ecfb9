#!/bin/sh
# Our own worker as a child under test: forkpool-worker with the test worker's verbs, told what it is told by the environment.
#
# capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit signal hold free post twice never json
[ "$FORKPOOL_MODE" = async ] && async=--async
exec "${FORKPOOL_WORKER:?the path of forkpool-worker is expected}" ${FORKPOOL_FD:+--fd "$FORKPOOL_FD"} $async \
	--profile "${FORKPOOL_PROFILE:-network}" --serialiser "${FORKPOOL_SERIALISER:-string}" \
	${FORKPOOL_FRAME_MAX:+--frame-max "$FORKPOOL_FRAME_MAX"} --init testworker_initsig testworker testworker_async

#!/usr/bin/python3
"""odd: each request is worked on, and answered, in a thread of its own
right by: ORD-1, ORD-4: it waits until the thread has begun, answered or put its request aside
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import threading

import patched
import verbs

call = verbs.call


def call_in_thread(*request):
    failure = []
    thread = threading.Thread(target=run, args=(failure, *request))
    thread.start()
    thread.join()
    for e in failure:
        raise e


def run(failure, *request):
    try:
        call(*request)
    except BaseException as e:  # sys.exit in a thread ends the thread only
        failure.append(e)


verbs.call = call_in_thread
patched.run("child.py")

#!/bin/sh
# Floods standard error, and nothing else.
exec yes "no memory? no matter" >&2

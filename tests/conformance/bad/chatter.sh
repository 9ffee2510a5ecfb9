#!/bin/sh
# Takes the connection for a terminal: greets, and prints what it pleases.
echo "Welcome to the worker! Type help." >&3
cat <&3 >/dev/null

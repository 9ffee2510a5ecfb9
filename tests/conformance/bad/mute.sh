#!/bin/sh
# Never looks at its connection.
exec sleep 1000000

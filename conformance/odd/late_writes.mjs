#!/usr/bin/env -S node --harmony-json-parse-with-source
// odd: each frame is cut in the middle, and its second half is written a turn of the event loop after the first
// right by: FRM-5
// capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json
import { Socket } from 'node:net';

const { write, end } = Socket.prototype;
const queue = []; // functions, in order
const next = () => {
	queue[0]();
	queue.shift();
	if (queue.length) setImmediate(next);
};
const later = (what) => {
	if (queue.push(what) === 1) setImmediate(next);
};

Socket.prototype.write = function (octets) {
	const middle = octets.length >> 1;
	later(() => write.call(this, octets.subarray(0, middle)));
	later(() => write.call(this, octets.subarray(middle)));
	return !this.writableNeedDrain;
};
Socket.prototype.end = function (whenDone) {
	later(() => end.call(this, whenDone));
};
await import('../testees/child.mjs');

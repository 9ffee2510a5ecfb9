#!/usr/bin/env -S node --harmony-json-parse-with-source
// odd: each frame is cut in the middle, and its second half is written a turn of the event loop after the first
// right by: FRM-5
// capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';

const { write, end } = Socket.prototype;
const isFull = Object.getOwnPropertyDescriptor(Duplex.prototype, 'writableNeedDrain').get;
const queue = []; // functions, in order
let output;
const next = () => {
	queue[0]();
	queue.shift();
	if (queue.length) setImmediate(next);
	else output.emit('drain');
};
const later = (what) => {
	if (queue.push(what) === 1) setImmediate(next);
};

// What waits in the queue counts as unwritten: no request is taken up meanwhile (BUF-2b).
Object.defineProperty(Socket.prototype, 'writableNeedDrain', { get() { return queue.length > 0 || isFull.call(this); } });
Socket.prototype.write = function (octets) {
	const middle = octets.length >> 1;
	output = this;
	later(() => write.call(this, octets.subarray(0, middle)));
	later(() => write.call(this, octets.subarray(middle)));
	return !this.writableNeedDrain;
};
Socket.prototype.end = function (whenDone) {
	output = this;
	later(() => end.call(this, whenDone));
};
await import('../testees/child.mjs');

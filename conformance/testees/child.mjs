#!/usr/bin/env -S node --harmony-json-parse-with-source
// A worker in Node, sync or async. For one of your own, put another function in the place of call.
//
// capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit signal hold free post twice never json
import { Socket } from 'node:net';
import { call } from './verbs.mjs';
import { frame, isAsync, Reader } from './wire.mjs';

const fd = Number(process.env.FORKPOOL_FD || 0);
const input = new Socket({ fd, readable: true, writable: fd !== 0, allowHalfOpen: true });
const output = fd ? input : new Socket({ fd: 1, readable: false, writable: true });
const reader = new Reader(isAsync);
let unanswered = 0, isEnding = false, isAtEnd = false;

class Request {
	isAnswered = false;

	constructor(id) {
		this.id = id;
		unanswered++;
	}
	// Now or later. A second answer is ignored.
	answer(items) {
		if (this.isAnswered) return;
		output.write(frame(this.id, items));
		this.isAnswered = true;
		unanswered--;
	}
	event(items) {
		output.write(frame(0, items));
	}
	exit(status) {
		end(status);
	}
}

// Once what was answered is written.
function end(status, why) {
	if (why) process.stderr.write(`child.mjs: ${why}\n`);
	if (isEnding) return;
	isEnding = true;
	process.exitCode = status;
	output.end(() => process.exit());
}

// Takes up requests while what they lead to is written.
function goOn() {
	try {
		for (let f; !isEnding && !output.writableNeedDrain && (f = reader.next()); ) call(new Request(f.id), f.items);
	} catch (e) {
		end(1, e.message);
	}
	if (output.writableNeedDrain || isEnding) return input.pause();
	if (isAtEnd && !unanswered) return reader.length ? end(1, 'end of file inside a frame') : end(0);
	return input.resume();
}

input.on('data', (octets) => {
	reader.push(octets);
	goOn();
});
input.on('end', () => {
	isAtEnd = true;
	goOn();
});
output.on('drain', goOn);
for (const socket of new Set([input, output])) {
	socket.on('error', (e) => {
		process.stderr.write(`child.mjs: ${e.message}\n`);
		process.exit(1);
	});
}
process.on('SIGUSR1', () => {});

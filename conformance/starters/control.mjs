// The control channel of TESTEE.md, by which a parent is told what to do: to be taken as it is. Must not know the protocol.
import { createInterface } from 'node:readline';

export class Control {
	isDropped = false;
	isOver = false;
	moves = 0; // whatever was read, here or there

	// call(tag, items) makes a call; drop() is told that there will be no more.
	constructor(call, drop) {
		const end = () => {
			if (!this.isDropped) drop();
			this.isDropped = true;
		};
		createInterface({ input: process.stdin, crlfDelay: Infinity }).on('close', end).on('line', (line) => {
			const [command, word, ...items] = line.split(' ');
			this.moves++;
			if (command === 'drop') end();
			else if (command === 'ping') this.pong(word);
			else if (this.isDropped || this.isOver) this.tell('failure', word);
			else call(word, items.map((item) => Buffer.from(item.replace('-', ''), 'hex')));
		});
	}
	tell(word, tag = '', items = []) {
		const words = items.map((item) => item.toString('hex') || '-');
		process.stdout.write(`${[word, tag, ...words].filter(Boolean).join(' ')}\n`);
	}
	// Two turns of the loop in which nothing was read: all is at rest.
	pong(number, before = -1, turns = 0) {
		if (turns === 2) return this.tell('pong', number);
		return setImmediate(() => this.pong(number, this.moves, this.moves === before ? turns + 1 : 0));
	}
	// The connection is over, and the calls of these tags with it.
	end(tags, error) {
		if (this.isOver) return;
		this.isOver = true;
		if (error) this.tell('error', error);
		for (const tag of tags) this.tell('failure', tag);
		this.tell('end');
	}
}

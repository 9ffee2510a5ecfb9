/* The programs that templates are: ours and others'. Must not know what they are sent. */
#ifndef FP_IO_PROGRAM_H
#define FP_IO_PROGRAM_H

/* Starts forkpool-template on a socket. 0 or a negative errno. */
int fp_program_spawn(int fd, int lifeline);
/* Starts another program, its words followed by the numbers of the socket and of this process (TPL-9). */
int fp_program_spawn_other(char *const *command, int fd);

#endif

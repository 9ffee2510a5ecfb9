/* The commands of forkpool-conform: each takes its arguments from its own name on, and answers the exit status. */
#ifndef FP_JUDGE_COMMAND_H
#define FP_JUDGE_COMMAND_H

enum fp_exit_status {
	FP_STATUS_CONFORMS = 0,
	FP_STATUS_DOES_NOT = 1,
	FP_STATUS_USAGE = 2,       /* or nothing selected, or a file that is wrong */
	FP_STATUS_NOT_STARTED = 3, /* the testee */
	FP_STATUS_SUITE = 4        /* the suite's own fault */
};

int fp_command_run(int argc, char **argv);
int fp_command_replay(int argc, char **argv);
int fp_command_list(int argc, char **argv);
int fp_command_explain(int argc, char **argv);
int fp_command_record(int argc, char **argv);
int fp_command_worker(int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * zygote.h: a process that stops at the entry of main() and is forked for each trial, so that
 * loading, relocation and constructors are paid for once. See HANGRATE_ZYGOTE in protocol.h.
 *
 * The child is made by clone(CLONE_PARENT), so it is a child of the keeper as an executed program
 * would be. The libc's fork() is not used: the program has not forked, so no fork handler may run.
 */
#ifndef HANGRATE_ZYGOTE_H
#define HANGRATE_ZYGOTE_H

/* Returns in the child of each trial, with its descriptors and environment in place; at once where
 * envp has no HANGRATE_ZYGOTE. Ends the process when the keeper is gone. */
void zygote_serve(char **envp);

#endif

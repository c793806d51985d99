// Runs a program that asks the kernel itself for the time, as those written in Go do, with a clock that is off by the seconds
// in the file that CLOCK_OFFSET names: for x86-64. The process traces itself by a child.
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long offset(void) {
  char text[24] = {0};
  int file = open(getenv("CLOCK_OFFSET"), O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  return count > 0 ? atol(text) : 0;
}

// Hides the functions that tell the time without a call of the kernel.
static void hide_vdso(pid_t process) {
  struct user_regs_struct registers;
  ptrace(PTRACE_GETREGS, process, 0, &registers);
  unsigned long at = registers.rsp + 8;
  for (int list = 0; list < 2; list++, at += 8) {
    while (ptrace(PTRACE_PEEKDATA, process, at, 0) != 0) at += 8;
  }
  for (long type; (type = ptrace(PTRACE_PEEKDATA, process, at, 0)) != AT_NULL; at += 16) {
    if (type == AT_SYSINFO_EHDR) ptrace(PTRACE_POKEDATA, process, at, AT_IGNORE);
  }
}

// Answers the call instead of the kernel.
static void answer(pid_t process) {
  struct user_regs_struct registers;
  struct timespec now;
  ptrace(PTRACE_GETREGS, process, 0, &registers);
  clock_gettime(CLOCK_REALTIME, &now);
  ptrace(PTRACE_POKEDATA, process, registers.rsi, now.tv_sec + offset());
  ptrace(PTRACE_POKEDATA, process, registers.rsi + 8, now.tv_nsec);
  registers.orig_rax = -1;
  registers.rax = 0;
  ptrace(PTRACE_SETREGS, process, 0, &registers);
}

static int trace(pid_t process, int ready) {
  long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE;
  if (ptrace(PTRACE_SEIZE, process, 0, options) != 0) return 1;
  if (write(ready, "", 1) != 1) return 1;
  close(ready);
  int status;
  for (pid_t stopped; (stopped = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
    if (stopped < 0 || !WIFSTOPPED(status)) continue;
    int event = status >> 16, signal = 0, request = PTRACE_CONT;
    if (event == PTRACE_EVENT_EXEC) hide_vdso(stopped);
    if (event == PTRACE_EVENT_SECCOMP) answer(stopped);
    if (event == 0) signal = WSTOPSIG(status);
    if (event == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP) request = PTRACE_LISTEN;
    ptrace(request, stopped, 0, signal);
  }
  return 0;
}

int main(int count, char **arguments) {
  int ready[2];
  char byte;
  pid_t process = getpid(), tracer;
  if (count < 2 || pipe2(ready, O_CLOEXEC) != 0 || (tracer = fork()) < 0) return 1;
  if (tracer == 0) {
    close(ready[0]);
    return trace(process, ready[1]);
  }
  close(ready[1]);
  prctl(PR_SET_PTRACER, tracer, 0, 0, 0);
  if (read(ready[0], &byte, 1) != 1) return 1;
  struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLOCK_REALTIME, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 1;
  execvp(arguments[1], arguments + 1);
  return 1;
}

//! The list, and why each group is on it. Which calls there are was seen by strace under the
//! end-to-end tests; what a program of ours makes before its sandbox is not here.

use nix::libc::{self, c_int, c_long};

/// A system call that is on the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) number: c_long,
    /// With such arguments only: which one, which of its bits, and what they must be. A call that
    /// stands here twice may have either.
    pub(super) only: &'static [(u8, u64, c_int)],
}

const fn any(number: c_long) -> Call {
    Call { number, only: &[] }
}

const fn only(number: c_long, only: &'static [(u8, u64, c_int)]) -> Call {
    Call { number, only }
}

/// The bits of an `int`, of a pointer, of a socket's type, and of the ways to write by opening.
const INT: u64 = 0xffff_ffff;
const POINTER: u64 = u64::MAX;
const TYPE: u64 = 0xf;
const WRITING: u64 = 0o1103;
const EXCLUSIVE: u64 = 0o200;
const EXECUTABLE: u64 = 4;

/// What every broker needs.
pub(super) const ALWAYS: &[Call] = &[
    // Waiting for all that happens: the runtime's one way.
    any(libc::SYS_epoll_ctl),
    any(libc::SYS_epoll_pwait),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_epoll_wait),
    // Hearing the scheduler, and by whose word it is.
    any(libc::SYS_accept4),
    only(libc::SYS_getsockopt, &[(1, INT, libc::SOL_SOCKET), (2, INT, libc::SO_PEERCRED)]),
    // TCP to the nodes; a new socket is for nothing else, and none is bound or listened on. Other
    // protocols of streams are no TCP to Landlock, which would let them to any port.
    only(libc::SYS_socket, &[(0, INT, libc::AF_INET), (1, TYPE, libc::SOCK_STREAM), (2, INT, 0)]),
    only(libc::SYS_socket, &[(0, INT, libc::AF_INET6), (1, TYPE, libc::SOCK_STREAM), (2, INT, 0)]),
    any(libc::SYS_connect),
    only(libc::SYS_getsockopt, &[(1, INT, libc::SOL_SOCKET), (2, INT, libc::SO_ERROR)]),
    only(libc::SYS_setsockopt, &[(1, INT, libc::IPPROTO_TCP), (2, INT, libc::TCP_NODELAY)]),
    // What is said on connections of both kinds, and the log. Never to an address: a socket
    // without a connection has nobody to say something to.
    any(libc::SYS_read),
    any(libc::SYS_recvfrom),
    only(libc::SYS_sendto, &[(4, POINTER, 0)]),
    any(libc::SYS_shutdown),
    any(libc::SYS_write),
    // Every descriptor ends; in a debug build the standard library looks first whether it is one.
    any(libc::SYS_close),
    only(libc::SYS_fcntl, &[(1, INT, libc::F_GETFD)]),
    // Looking at the known hosts before every command: whose they are, and where links on the way
    // to them lead.
    any(libc::SYS_getcwd),
    any(libc::SYS_geteuid),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_readlink),
    any(libc::SYS_readlinkat),
    any(libc::SYS_statx),
    // Memory, but none whose content is run; keys stay out of swap.
    any(libc::SYS_brk),
    any(libc::SYS_madvise),
    any(libc::SYS_mlock),
    only(libc::SYS_mmap, &[(2, EXECUTABLE, 0)]),
    only(libc::SYS_mprotect, &[(2, EXECUTABLE, 0)]),
    any(libc::SYS_mremap),
    any(libc::SYS_munlock),
    any(libc::SYS_munmap),
    // SSH's keys of a session.
    any(libc::SYS_getrandom),
    // The time, where the kernel does not tell it without a call.
    any(libc::SYS_clock_gettime),
    // Being told to stop.
    any(libc::SYS_rt_sigaction),
    any(libc::SYS_rt_sigprocmask),
    any(libc::SYS_rt_sigreturn),
    // Locks of libraries; there is one thread, and no call that makes another.
    any(libc::SYS_futex),
    // The end; and a panic names its thread.
    any(libc::SYS_exit_group),
    any(libc::SYS_gettid),
    any(libc::SYS_sigaltstack),
];

/// Files that are only read.
pub(super) const READ_ONLY: &[Call] = &[only(libc::SYS_openat, &[(2, WRITING, libc::O_RDONLY)])];

/// Files that are replaced as a whole, so that an end at any time leaves the old or the new one:
/// written beside the old one, and given its name. Landlock says in which directories.
pub(super) const WRITES: &[Call] = &[
    only(libc::SYS_openat, &[(2, WRITING, libc::O_RDONLY)]),
    // A file that was not there: none is written over.
    only(
        libc::SYS_openat,
        &[(2, WRITING | EXCLUSIVE, libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL)],
    ),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_rename),
    any(libc::SYS_renameat),
    any(libc::SYS_renameat2),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_unlink),
    any(libc::SYS_unlinkat),
];

/// The removal of a socket of our own.
pub(super) const REMOVES: &[Call] = &[
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_unlink),
    any(libc::SYS_unlinkat),
];

/// What ends the process.
pub(super) const DEADLY: &[Call] = &[
    // Another program.
    any(libc::SYS_execve),
    any(libc::SYS_execveat),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_fork),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_vfork),
    // Another process's memory.
    any(libc::SYS_process_vm_readv),
    any(libc::SYS_process_vm_writev),
    any(libc::SYS_ptrace),
    // Another machine: its devices, file systems, namespaces and users.
    any(libc::SYS_chroot),
    any(libc::SYS_mount),
    any(libc::SYS_pivot_root),
    any(libc::SYS_setns),
    any(libc::SYS_setresuid),
    any(libc::SYS_setuid),
    any(libc::SYS_unshare),
    // Programs in the kernel, and the parts of it that are taken over most often.
    any(libc::SYS_bpf),
    any(libc::SYS_finit_module),
    any(libc::SYS_init_module),
    any(libc::SYS_io_uring_setup),
    any(libc::SYS_kexec_load),
    any(libc::SYS_keyctl),
    any(libc::SYS_perf_event_open),
    any(libc::SYS_userfaultfd),
];

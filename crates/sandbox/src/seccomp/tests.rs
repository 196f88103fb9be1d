use nix::libc::c_long;

use super::*;

/// What is added shows in review, as a number that changes.
#[test]
#[cfg(target_arch = "x86_64")]
fn the_list_is_the_one_that_was_reviewed() {
    let sizes = [ALWAYS, READ_ONLY, WRITES, REMOVES, DEADLY].map(<[Call]>::len);
    assert_eq!(sizes, [39, 1, 7, 2, 22]);
    let always = [
        0, 1, 3, 9, 10, 11, 12, 13, 14, 15, 25, 28, 41, 42, 44, 45, 48, 54, 55, 72, 79, 89, 107,
        131, 149, 150, 186, 202, 228, 231, 232, 233, 267, 281, 288, 318, 332,
    ];
    assert_eq!(numbers(&[ALWAYS]), always);
    assert_eq!(numbers(&[READ_ONLY]), [257]);
    assert_eq!(numbers(&[WRITES, REMOVES]), [82, 87, 257, 263, 264, 316]);
}

fn numbers(groups: &[&[Call]]) -> Vec<c_long> {
    let mut all: Vec<_> = groups.iter().copied().flatten().map(|call| call.number).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// One entry that takes any arguments beside one that takes only some would be lost among the
/// latter's rules.
#[test]
fn no_call_is_both_free_and_bound() {
    for groups in [[ALWAYS, READ_ONLY, REMOVES], [ALWAYS, WRITES, REMOVES]] {
        let all: Vec<&Call> = groups.into_iter().flatten().collect();
        for call in &all {
            let mut same = all.iter().filter(|other| other.number == call.number);
            assert!(same.all(|other| other.only.is_empty() == call.only.is_empty()), "{call:?}");
        }
    }
}

#[test]
fn what_is_not_listed_is_denied_and_the_worst_is_deadly() {
    let allowed = numbers(&[ALWAYS, READ_ONLY, WRITES, REMOVES]);
    let deadly = numbers(&[DEADLY]);
    for number in 0..700 {
        let verdict = verdict(number, &[], &["/run/x"]).unwrap();
        assert!(verdict != ALLOW || allowed.contains(&number), "{number} is allowed");
        assert_eq!(verdict == KILL, deadly.contains(&number), "{number}");
        assert!([ALLOW, DENY, KILL].contains(&verdict), "{number}: {verdict:#x}");
    }
    // By another machine's numbers.
    assert_eq!(run(&compiled(&[]).1, 0, 0x4000_0003, [0; 6]), Some(KILL));
}

#[test]
fn of_some_calls_only_some_arguments_are_taken() {
    let careful = flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC);
    let stream = flags(libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
    let executable = flags(libc::PROT_READ | libc::PROT_EXEC);
    let [inet, inet6, unix] = [libc::AF_INET, libc::AF_INET6, libc::AF_UNIX].map(flags);
    let [socket, tcp] = [libc::SOL_SOCKET, libc::IPPROTO_TCP].map(flags);
    let none: &[&str] = &[];
    let cases: &[(c_long, Arguments<'_>, bool)] = &[
        (libc::SYS_openat, &[(2, flags(libc::O_RDONLY))], true),
        (libc::SYS_openat, &[(2, careful)], true),
        (libc::SYS_openat, &[(2, flags(libc::O_WRONLY))], false),
        (libc::SYS_openat, &[(2, flags(libc::O_RDWR))], false),
        (libc::SYS_openat, &[(2, flags(libc::O_CREAT))], false),
        (libc::SYS_openat, &[(2, flags(libc::O_TRUNC))], false),
        (libc::SYS_socket, &[(0, inet), (1, stream)], true),
        (libc::SYS_socket, &[(0, inet6), (1, stream)], true),
        (libc::SYS_socket, &[(0, inet), (1, stream), (2, flags(libc::IPPROTO_MPTCP))], false),
        (libc::SYS_socket, &[(0, inet6), (1, stream), (2, flags(libc::IPPROTO_SCTP))], false),
        (libc::SYS_socket, &[(0, unix), (1, stream)], false),
        (libc::SYS_socket, &[(0, inet), (1, flags(libc::SOCK_DGRAM))], false),
        (libc::SYS_socket, &[(0, inet), (1, flags(libc::SOCK_RAW))], false),
        (libc::SYS_socket, &[(0, flags(libc::AF_NETLINK)), (1, stream)], false),
        (libc::SYS_sendto, &[(4, 0)], true),
        (libc::SYS_sendto, &[(4, 1 << 40)], false),
        (libc::SYS_mmap, &[(2, flags(libc::PROT_READ | libc::PROT_WRITE))], true),
        (libc::SYS_mmap, &[(2, executable)], false),
        (libc::SYS_mprotect, &[(2, flags(libc::PROT_NONE))], true),
        (libc::SYS_mprotect, &[(2, executable)], false),
        (libc::SYS_setsockopt, &[(1, tcp), (2, flags(libc::TCP_NODELAY))], true),
        (libc::SYS_setsockopt, &[(1, tcp), (2, flags(libc::TCP_REPAIR))], false),
        (libc::SYS_getsockopt, &[(1, socket), (2, flags(libc::SO_PEERCRED))], true),
        (libc::SYS_getsockopt, &[(1, socket), (2, flags(libc::SO_ERROR))], true),
        (libc::SYS_getsockopt, &[(1, socket), (2, flags(libc::SO_PEERSEC))], false),
        (libc::SYS_fcntl, &[(1, flags(libc::F_GETFD))], true),
        (libc::SYS_fcntl, &[(1, flags(libc::F_SETFL))], false),
    ];
    for (number, arguments, allowed) in cases {
        let wanted = if *allowed { ALLOW } else { DENY };
        assert_eq!(verdict(*number, arguments, none), Some(wanted), "{number} {arguments:?}");
    }
    let [create, new] = [0, libc::O_EXCL | libc::O_CLOEXEC]
        .map(|more| [(2, flags(libc::O_WRONLY | libc::O_CREAT | more))]);
    assert_eq!(verdict(libc::SYS_openat, &new, &["/run/x"]), Some(ALLOW));
    assert_ne!(verdict(libc::SYS_openat, &create, &["/run/x"]), Some(ALLOW));
    assert_eq!(verdict(libc::SYS_renameat2, &[], none), Some(DENY));
    assert_eq!(verdict(libc::SYS_renameat2, &[], &["/run/x"]), Some(ALLOW));
}

fn flags(flags: i32) -> u64 {
    flags.unsigned_abs().into()
}

/// Which argument is what; all others are 0.
type Arguments<'a> = &'a [(usize, u64)];

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const KILL: u32 = libc::SECCOMP_RET_KILL_PROCESS;
const DENY: u32 = libc::SECCOMP_RET_ERRNO | 1;
const MACHINE: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };

/// What the kernel says, by both filters, to a process that writes in these directories.
fn verdict(number: c_long, arguments: Arguments<'_>, writes: &[&str]) -> Option<u32> {
    let mut all = [0; 6];
    for (argument, value) in arguments {
        all[*argument] = *value;
    }
    let (deadly, listed) = compiled(writes);
    let first = run(&deadly, u32::try_from(number).unwrap(), MACHINE, all)?;
    if first == ALLOW {
        run(&listed, u32::try_from(number).unwrap(), MACHINE, all)
    } else {
        Some(first)
    }
}

fn compiled(writes: &[&str]) -> (BpfProgram, BpfProgram) {
    let needs = Needs { writes: writes.iter().map(Into::into).collect(), ..Needs::default() };
    programs(&needs, std::env::consts::ARCH.try_into().unwrap()).unwrap()
}

/// As the kernel runs it: the instructions that a filter of ours is made of, and no others.
fn run(program: &BpfProgram, number: u32, machine: u32, arguments: [u64; 6]) -> Option<u32> {
    let mut data = [number.to_ne_bytes(), machine.to_ne_bytes()].concat();
    data.extend([0; 8]);
    data.extend(arguments.iter().flat_map(|argument| argument.to_ne_bytes()));
    let (mut at, mut held) = (0, 0_u32);
    loop {
        let step = program.get(at)?;
        at += 1;
        let jump = |is: bool| usize::from(if is { step.jt } else { step.jf });
        match step.code {
            0x20 => {
                let from = usize::try_from(step.k).unwrap();
                held = u32::from_ne_bytes(data.get(from..from + 4)?.try_into().unwrap());
            }
            0x54 => held &= step.k,
            0x05 => at += usize::try_from(step.k).unwrap(),
            0x15 => at += jump(held == step.k),
            0x06 => return Some(step.k),
            other => panic!("an instruction that is not known here: {other:#x}"),
        }
    }
}

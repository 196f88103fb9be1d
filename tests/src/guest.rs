//! A machine with a kernel of its own: the Debian of [`crate::machine`] on a disk that QEMU boots,
//! with Linux 6.12 and all that systemd needs of a kernel.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::unistd::Uid;
use tempfile::TempDir;

use crate::machine::debian;
use crate::programs::{Program, command, pause};

/// All of its life: 30 s where there is nothing else to do. Its CPUs are emulated.
const TIME: Duration = Duration::from_secs(300);
/// The disk, of which only what is written takes room.
const SIZE: &str = "1G";
/// Emulated, a CPU fails the kernel's test of its timer now and then; nobody logs in, and without
/// udev a login would be waited for; a connection that nobody answers is given up after 3 s.
const KERNEL: &str = "root=/dev/nvme0n1 rootfstype=ext4 rw console=ttyS0 loglevel=4 panic=-1 \
    no_timer_check mitigations=off systemd.getty_auto=no systemd.mask=getty@tty1.service \
    sysctl.net.ipv4.tcp_syn_retries=1";

/// A disk that things are put on, until it is booted.
#[derive(Debug)]
pub struct Guest {
    dir: TempDir,
}

impl Guest {
    /// What is not here to make and boot one.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        let runs = |name: &str, ask: &str| command(name).arg(ask).output().is_ok();
        [
            (Uid::effective().is_root(), "root's rights"),
            (runs("qemu-system-x86_64", "--version"), "qemu-system-x86_64 (qemu-system-x86)"),
            (runs("mke2fs", "-V"), "mke2fs (e2fsprogs)"),
            (Path::new("/bin/busybox").exists(), "/bin/busybox (busybox-static)"),
            (debian().join("usr").exists(), "the Debian that tests/booted/make-root makes"),
            (kernel().exists(), "the kernel of `crates/lab/guest/fetch target/guest-6.12 6.12`"),
        ]
        .into_iter()
        .find_map(|(there, what)| (!there).then_some(what))
    }

    /// A disk with nothing but Debian on it.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn new() -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("vm-autoscale-").tempdir()?;
        let guest = Self { dir };
        done(command("cp").arg("-a").arg(debian()).arg(guest.path("")))?;
        Ok(guest)
    }

    /// A place on its disk, which must not be behind a link.
    #[must_use]
    pub fn path(&self, there: &str) -> PathBuf {
        self.dir.path().join("root").join(there.trim_start_matches('/'))
    }

    /// Copies a file of this machine there, as root's; `mode` is octal.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn copy(&self, from: &Path, to: &str, mode: &str) -> io::Result<()> {
        done(command("install").args(["-D", "-m", mode]).arg(from).arg(self.path(to)))
    }

    /// Runs one of its programs before it is booted.
    ///
    /// # Errors
    /// It fails.
    pub fn run(&self, words: &[&str]) -> io::Result<()> {
        done(command("chroot").arg(self.path("")).args(words))
    }

    /// Boots it and waits until it powers itself off: what it wrote to its second serial port.
    ///
    /// # Errors
    /// It does not come to that; the console's words are in the message.
    pub fn boot(self) -> io::Result<String> {
        let dir = self.dir.path();
        let file = |name: &str| dir.join(name).display().to_string();
        done(command("mke2fs").args(["-q", "-t", "ext4", "-O", "^has_journal", "-d"]).args([
            file("root"),
            file("disk"),
            SIZE.to_owned(),
        ]))?;
        let (kernel, drive) = (
            kernel().display().to_string(),
            format!("if=none,id=disk,format=raw,cache=unsafe,file={}", file("disk")),
        );
        let (console, found) =
            (format!("file:{}", file("console")), format!("file:{}", file("found")));
        // Where this process is killed, nothing of the machine is left either.
        let mut words = vec!["--pdeathsig", "KILL", "qemu-system-x86_64", "-nodefaults"];
        words.extend(["-no-user-config", "-no-reboot", "-display", "none"]);
        words.extend(["-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "qemu64"]);
        words.extend(["-smp", "2", "-m", "1024", "-kernel", &kernel, "-append", KERNEL]);
        words.extend(["-drive", &drive, "-device", "nvme,drive=disk,serial=disk"]);
        words.extend(["-serial", &console, "-serial", &found]);
        let mut qemu = Program::start_as(command("setpriv"), "qemu", &words, dir)?;
        let read = |name: &str| {
            let bytes = std::fs::read(dir.join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).replace('\r', "")
        };
        let until = Instant::now() + TIME;
        while qemu.runs() {
            if Instant::now() > until {
                let said = [qemu.said(), read("console"), read("found")].join("\n");
                return Err(io::Error::new(io::ErrorKind::TimedOut, said));
            }
            pause(Duration::from_millis(50));
        }
        Ok(read("found"))
    }
}

/// Where `crates/lab/guest/fetch` was told to put it.
fn kernel() -> PathBuf {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guest-6.12");
    std::env::var_os("VM_AUTOSCALE_GUEST_6_12").map_or(usual, PathBuf::from).join("vmlinuz")
}

fn done(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{command:?}: {said}")))
}

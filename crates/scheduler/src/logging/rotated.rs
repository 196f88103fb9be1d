//! A log file that never fills a disk: when it is full, and when a day is over, it is renamed to
//! `NAME.1`, that to `NAME.2` and so on, and the last one goes.

use std::fs::{File, OpenOptions, remove_file, rename};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::SystemTime;

const MIB: u64 = 1024 * 1024;
const DAY: u64 = 86_400;

/// The file that is written now. What cannot be written is lost: nobody waits for it.
#[derive(Debug)]
pub(super) struct Rotated {
    path: PathBuf,
    /// The longest a file becomes, in bytes.
    most: u64,
    /// How many full ones are kept.
    keep: u32,
    /// Nothing while it cannot be opened.
    open: Option<Open>,
    /// Whether an error was met that has not ended.
    failing: bool,
    /// Seconds since 1970; replaced in tests.
    clock: fn() -> u64,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Bytes of whole lines.
    length: u64,
    /// Days since 1970, by UTC as the lines' times are.
    day: u64,
}

impl Rotated {
    /// Goes on with the file that is there.
    pub(super) fn open(path: PathBuf, max_size_mb: u32, keep: u32) -> io::Result<Self> {
        let most = u64::from(max_size_mb).saturating_mul(MIB);
        let clock = crate::wall;
        let mut new = Self { path, most, keep, open: None, failing: false, clock };
        new.open = Some(new.take()?);
        // Those of a time when more were kept.
        let mut more = (keep.saturating_add(1)..).map(|number| new.numbered(number));
        while more.next().is_some_and(|path| remove_file(path).is_ok()) {}
        Ok(new)
    }

    fn take(&self) -> io::Result<Open> {
        let file = OpenOptions::new().append(true).create(true).open(&self.path)?;
        let is = file.metadata()?;
        if !is.is_file() {
            return Err(io::Error::other("is not a file"));
        }
        let written =
            is.modified().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let today = (self.clock)() / DAY;
        // An empty one is of the day on which its first line comes.
        let day = written.filter(|_| is.len() > 0).map_or(today, |since| since.as_secs() / DAY);
        Ok(Open { file, length: is.len(), day })
    }

    /// The file that takes so many bytes more.
    fn ready(&mut self, more: u64) -> io::Result<&mut Open> {
        let (today, most) = ((self.clock)() / DAY, self.most);
        if !self.is_there() {
            self.open = None;
            self.open = Some(self.take()?);
        }
        let fits = |open: &Open| {
            open.length == 0 || (open.day == today && open.length.saturating_add(more) <= most)
        };
        if !self.open.as_ref().is_some_and(fits) {
            // Where that cannot be done, the full file takes nothing more.
            self.rotate()?;
            self.open = Some(self.take()?);
        }
        let open = self.open.as_mut().ok_or_else(|| io::Error::other("there is no file"))?;
        open.day = today;
        Ok(open)
    }

    /// Whether the file of that name is still the one that is written: an administrator, or another
    /// program that rotates, may have taken it away.
    fn is_there(&self) -> bool {
        let Some(Ok(own)) = self.open.as_ref().map(|open| open.file.metadata()) else {
            return false;
        };
        std::fs::metadata(&self.path).is_ok_and(|is| (is.dev(), is.ino()) == (own.dev(), own.ino()))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }

    fn rotate(&self) -> io::Result<()> {
        gone(remove_file(self.numbered(self.keep)))?;
        for number in (1..self.keep).rev() {
            gone(rename(self.numbered(number), self.numbered(number + 1)))?;
        }
        if self.keep == 0 { remove_file(&self.path) } else { rename(&self.path, self.numbered(1)) }
    }

    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let open = self.ready(length)?;
        let written = open.file.write_all(line);
        if written.is_ok() {
            open.length = open.length.saturating_add(length);
        } else {
            // A disk that is full takes a part of a line: the next one does not begin behind it.
            let _ = open.file.set_len(open.length);
        }
        written
    }
}

/// What is not there need not be moved.
fn gone(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

impl Write for Rotated {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let put = self.put(line);
        if let (Err(error), false) = (&put, self.failing) {
            // Where there is nobody to hear it, it is lost, too.
            let path = self.path.display();
            let _ = writeln!(io::stderr(), "{path}: lines of the log are lost: {error}");
        }
        self.failing = put.is_err();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

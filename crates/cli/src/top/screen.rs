//! The terminal: it is taken, drawn on, and given back whatever happens.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::task::Poll;
use std::time::{Duration, Instant};

use ratatui::crossterm::event;
use ratatui::{DefaultTerminal, try_init, try_restore};
use tokio::signal::unix::{SignalKind, signal};
use vm_autoscale_scheduler::wall;

use super::draw::{Look, draw};
use super::feed::{Ask, Feed};
use super::model::{Event, Model};
use crate::Error;

/// Keys and answers that wait to be seen.
const WAITING: usize = 64;
/// What is old is told with its age: the screen is drawn anew that often at least.
const TICK: Duration = Duration::from_secs(1);

/// Shows it until somebody has seen enough.
pub(super) fn show(model: Model, feed: Feed, interval: u16) -> Result<(), Error> {
    let (tell, told) = sync_channel(WAITING);
    let (ask, asked) = sync_channel(2);
    // Before the terminal is taken, so that no signal finds it taken and nobody to give it back.
    heed_signals(tell.clone()).map_err(Error::Output)?;
    let keys = tell.clone();
    std::thread::spawn(move || feed.serve(&asked, &tell));
    // Where it fails halfway, what was taken by then is given back, too.
    let terminal = try_init().inspect_err(|_| drop(try_restore())).map_err(Error::Output)?;
    std::thread::spawn(move || read_keys(&keys));
    let interval = Duration::from_secs(interval.into());
    let (status_asked, past_asked) = (false, false);
    let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let next = Instant::now() + interval;
    let mut screen =
        Screen { terminal, model, colours, interval, next, status_asked, past_asked, ask };
    let shown = screen.run(&told);
    let restored = try_restore();
    shown.and(restored).map_err(Error::Output)
}

struct Screen {
    terminal: DefaultTerminal,
    model: Model,
    colours: bool,
    interval: Duration,
    /// When the next status is due.
    next: Instant,
    status_asked: bool,
    past_asked: bool,
    ask: SyncSender<Ask>,
}

impl Screen {
    fn run(&mut self, told: &Receiver<Event>) -> io::Result<()> {
        while !self.model.over {
            self.draw()?;
            self.ask();
            let wait = self.next.saturating_duration_since(Instant::now());
            let due = !self.status_asked && !self.model.held;
            let wait = if due { wait.min(TICK) } else { TICK };
            match told.recv_timeout(wait) {
                Ok(event) => self.heed(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            // What has come meanwhile is drawn together.
            while let Ok(event) = told.try_recv() {
                self.heed(event);
            }
        }
        Ok(())
    }

    fn draw(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        let now = wall();
        if self.model.size != (size.width, size.height) {
            self.model.update(Event::Size(size.width, size.height), now);
        }
        let (model, look) = (&self.model, Look { now, colours: self.colours });
        self.terminal.draw(|frame| draw(model, look, frame.buffer_mut())).map(drop)
    }

    /// One of each at a time: a daemon that hangs is not asked more and more.
    fn ask(&mut self) {
        if !self.status_asked && !self.model.held && Instant::now() >= self.next {
            self.status_asked = self.ask.try_send(Ask::Status).is_ok();
        }
        let wanted = self.model.wanted(wall());
        if !self.past_asked && !wanted.is_empty() {
            self.past_asked = self.ask.try_send(Ask::Past(wanted)).is_ok();
        }
    }

    fn heed(&mut self, event: Event) {
        match &event {
            Event::Status(_) | Event::Lost(_) => {
                self.status_asked = false;
                self.next = Instant::now() + self.interval;
            }
            Event::Trails(_) => self.past_asked = false,
            Event::Key(_) | Event::Size(..) | Event::Stop => {}
        }
        self.model.update(event, wall());
    }
}

/// Until the terminal is gone.
fn read_keys(tell: &SyncSender<Event>) {
    loop {
        let told = match event::read() {
            Ok(event::Event::Key(key)) => Event::Key(key),
            Ok(event::Event::Resize(columns, rows)) => Event::Size(columns, rows),
            Ok(_) => continue,
            Err(_) => Event::Stop,
        };
        let is_end = matches!(told, Event::Stop);
        if tell.send(told).is_err() || is_end {
            return;
        }
    }
}

/// Whoever ends the program gets the terminal back as it was.
fn heed_signals(tell: SyncSender<Event>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let kinds = [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()];
    let mut signals = {
        let _inside = runtime.enter();
        kinds.into_iter().map(signal).collect::<io::Result<Vec<_>>>()?
    };
    std::thread::spawn(move || {
        runtime.block_on(std::future::poll_fn(|context| {
            // Each is polled, so that each wakes this.
            let came =
                signals.iter_mut().filter_map(|s| s.poll_recv(context).is_ready().then_some(()));
            if came.count() > 0 { Poll::Ready(()) } else { Poll::Pending }
        }));
        // Where nobody listens any more, it has ended already.
        let _ = tell.send(Event::Stop);
    });
    Ok(())
}

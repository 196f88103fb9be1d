//! A TCP proxy on loopback that does to connections what networks and dying machines do.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::programs::pause;

mod connection;
use connection::Connection;
#[cfg(test)]
mod tests;

/// How often is looked whether the fault is another one by now.
const TICK: Duration = Duration::from_millis(10);

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From whoever connects.
    In,
    /// From the upstream.
    Out,
    /// Either.
    Both,
}

/// What is done to all connections, those that are open already included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// They are reset, new ones as soon as they are taken.
    Reset,
    /// They stay, new ones are taken, and nothing passes that way. What came meanwhile passes
    /// when the fault is another one.
    Silent(Way),
    /// Whatever comes passes so much later.
    Delay(Duration),
    /// Each is closed, as an orderly peer would, when so many bytes more have passed that way.
    Cut(Way, u64),
    /// Each breaks by a reset, a close or silence after a number of bytes below this one that
    /// went one way; which, is drawn from the seed, in the order of the connections.
    Random(u64),
}

/// The proxy; dropped, it resets what is open and listens no more.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    fault: Fault,
    /// Counts the faults that were set.
    set: u64,
    connections: u64,
    seed: u64,
    gone: bool,
}

impl FaultProxy {
    /// Listens on a port of its own; what connects there is connected with `upstream`.
    ///
    /// # Errors
    /// There is no port.
    pub fn start(upstream: SocketAddr, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let fault = Fault::None;
        let shared = Shared { fault, set: 0, connections: 0, seed, gone: false };
        let shared = Arc::new(Mutex::new(shared));
        let accepting = shared.clone();
        std::thread::spawn(move || accept(&listener, upstream, &accepting));
        Ok(Self { address, shared })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does this from now on, and nothing else.
    pub fn set(&self, fault: Fault) {
        let mut shared = lock(&self.shared);
        shared.fault = fault;
        shared.set += 1;
    }

    /// How many connections were taken.
    #[must_use]
    pub fn connections(&self) -> u64 {
        lock(&self.shared).connections
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        lock(&self.shared).gone = true;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, upstream: SocketAddr, shared: &Arc<Mutex<Shared>>) {
    while !lock(shared).gone {
        let Ok((inner, _)) = listener.accept() else {
            pause(TICK);
            continue;
        };
        let number = {
            let mut shared = lock(shared);
            shared.connections += 1;
            shared.connections
        };
        // Where nobody listens there, the peer sees that its connection ends.
        if let Ok(outer) = TcpStream::connect(upstream) {
            let _ = Connection::start(shared.clone(), (inner, outer), number);
        }
    }
}

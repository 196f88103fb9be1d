use std::sync::atomic::{AtomicUsize, Ordering};

use russh::keys::{Algorithm, PrivateKey};
use russh::server::{self, Auth};
use tokio::net::TcpListener;
use vm_autoscale_guard::Secret;

use super::*;

const KINDS: [&str; 7] = [
    "agent_forward",
    "direct_streamlocal",
    "direct_tcpip",
    "forwarded_streamlocal",
    "forwarded_tcpip",
    "session",
    "x11",
];
/// More than a session is ever given.
const CHANNELS: usize = 200;

/// A node that lets everybody in and opens channels then.
struct Node {
    kind: &'static str,
    opened: Arc<AtomicUsize>,
}

impl server::Handler for Node {
    type Error = russh::Error;

    async fn auth_password(&mut self, _: &str, _: &str) -> Result<Auth, russh::Error> {
        Ok(Auth::Accept)
    }

    async fn auth_succeeded(&mut self, session: &mut server::Session) -> Result<(), russh::Error> {
        let (handle, kind, opened) = (session.handle(), self.kind, self.opened.clone());
        tokio::spawn(async move {
            let mut held = Vec::new();
            while held.len() < CHANNELS {
                let Ok(channel) = open(&handle, kind).await else { return };
                opened.fetch_add(1, Ordering::Relaxed);
                held.push(channel);
            }
        });
        Ok(())
    }
}

async fn open(node: &server::Handle, kind: &str) -> Result<Channel<server::Msg>, russh::Error> {
    match kind {
        "agent_forward" => node.channel_open_agent().await,
        "direct_streamlocal" => node.channel_open_direct_streamlocal("/x").await,
        "direct_tcpip" => node.channel_open_direct_tcpip("x", 1, "y", 2).await,
        "forwarded_streamlocal" => node.channel_open_forwarded_streamlocal("/x").await,
        "forwarded_tcpip" => node.channel_open_forwarded_tcpip("x", 1, "y", 2).await,
        "session" => node.channel_open_session().await,
        "x11" => node.channel_open_x11("x", 1).await,
        _ => panic!("{kind}"),
    }
}

/// A session with a node that opens channels of that kind, and how many it was given.
async fn session_with(kind: &'static str) -> (Session, Arc<AtomicUsize>) {
    let mut random = russh::keys::key::safe_rng();
    let key = PrivateKey::random(&mut random, Algorithm::Ed25519).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let line = key.public_key().to_openssh().unwrap();
    let hosts = format!("[{}]:{} {line}\n", address.ip(), address.port());
    let hosts = Rc::new(KnownHosts::parse("known_hosts".as_ref(), &hosts));
    let opened = Arc::new(AtomicUsize::new(0));
    let node = Node { kind, opened: opened.clone() };
    tokio::spawn(async move {
        let config = Arc::new(server::Config { keys: vec![key], ..server::Config::default() });
        let (stream, _) = listener.accept().await.unwrap();
        // It ends as the client ends it.
        let _ = server::run_stream(config, stream, node).await.unwrap().await;
    });
    let login =
        Login { user: "root".to_owned(), proof: Proof::Password(Secret::from(String::new())) };
    (Session::open(address, &login, (Stamp::default(), hosts)).await.unwrap(), opened)
}

/// Each would be held in memory, and there is no end of them.
#[tokio::test]
async fn a_node_that_opens_a_channel_is_given_none_and_loses_its_session() {
    for kind in KINDS {
        let (session, opened) = session_with(kind).await;
        let ends = async {
            while !session.is_closed() && opened.load(Ordering::Relaxed) < CHANNELS {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(20), ends).await.unwrap_or_else(|_| panic!("{kind}: silence"));
        assert!(session.is_closed(), "{kind}");
        assert_eq!(opened.load(Ordering::Relaxed), 0, "{kind}");
    }
}

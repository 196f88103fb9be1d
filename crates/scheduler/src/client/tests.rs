use std::sync::atomic::AtomicBool;

use serde_json::json;
use tokio::net::UnixListener;
use vm_autoscale_proxmox::Digest;

use super::*;

/// A helper that greets and answers nothing else; what it heard.
struct Deaf {
    dir: tempfile::TempDir,
    heard: Arc<Mutex<Vec<String>>>,
}

fn deaf() -> Deaf {
    let deaf = Deaf { dir: tempfile::tempdir().unwrap(), heard: Arc::default() };
    let listener = UnixListener::bind(deaf.dir.path().join("s")).unwrap();
    let heard = deaf.heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(greet(stream, heard.clone()));
        }
    });
    deaf
}

async fn greet(mut stream: UnixStream, heard: Arc<Mutex<Vec<String>>>) {
    let (mut frames, mut bytes, mut greeted) = (Frames::new(4096), vec![0; 4096], false);
    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
        frames.feed(&bytes[..count]);
        while let Ok(Some(frame)) = frames.next_frame() {
            heard.lock().unwrap().push(String::from_utf8(frame).unwrap());
            if !std::mem::replace(&mut greeted, true) {
                let hello = json!({"parameters": {
                    "version": "1", "protocol": PROTOCOL, "instance": "i", "clusters": [],
                    "sandbox": {"landlock": 7, "seccomp": true, "bounding_set_empty": true},
                }});
                stream.write_all(format!("{hello}\0").as_bytes()).await.unwrap();
            }
        }
    }
}

impl Deaf {
    fn client(&self) -> HelperClient {
        HelperClient::new(self.dir.path().join("s"))
    }

    fn changes(&self) -> usize {
        self.heard.lock().unwrap().iter().filter(|call| call.contains("SetVcpus")).count()
    }
}

fn change() -> Request {
    let target = vm_autoscale_protocol::Target {
        cluster: "home".try_into().unwrap(),
        node: "pve1".try_into().unwrap(),
        vmid: 101.try_into().unwrap(),
        digest: Digest::from_bytes([1; 20]),
    };
    Request::SetVcpus { target, vcpus: 2.try_into().unwrap() }
}

/// Also what waits for its turn while the order comes.
#[tokio::test]
async fn what_is_held_before_its_turn_comes_is_not_sent() {
    let deaf = deaf();
    let client = deaf.client();
    let held = Arc::new(AtomicBool::new(false));
    let mut turns = Vec::new();
    for _ in 0..2 {
        turns.push(client.0.turns.take(&change(), Purpose::Change).await.unwrap());
    }
    let asked = {
        let (client, held) = (client.clone(), held.clone());
        let why = move || held.load(Ordering::SeqCst).then(|| "paused".to_owned());
        tokio::spawn(async move { client.execute_unless(&change(), why).await })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    held.store(true, Ordering::SeqCst);
    turns.clear();
    assert_eq!(asked.await.unwrap(), Err(AskError::Held("paused".to_owned())));
    assert_eq!(deaf.changes(), 0);

    // Without a reason it goes out, and waits for as long as a change may take.
    let sent = timeout(Duration::from_millis(200), client.execute_unless(&change(), || None)).await;
    assert!(sent.is_err());
    assert_eq!(deaf.changes(), 1);
}

//! A server on this machine that speaks just enough HTTP/1.1 to answer one way or another, well or badly.
//!
//! It keeps what it was asked. Every connection has one request, or two where the first opens a tunnel as
//! a proxy would; the handler says what goes back, byte by byte where it must be wrong.

pub mod protocols;
pub mod tls;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// What the server was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What goes back.
pub enum Reply {
    /// A status, more headers, a body.
    Full(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// The first bytes of an answer, its end never: it waits until the gate opens.
    Stuck(Vec<u8>, Gate),
}

impl Reply {
    pub fn json(value: &serde_json::Value) -> Self {
        Self::Full(200, Vec::new(), value.to_string().into_bytes())
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self::Full(status, Vec::new(), body.as_bytes().to_vec())
    }
}

/// Closed until it is opened or dropped with the test.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Waits until it is open; gives up after a minute, so that no test hangs.
    pub fn wait(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(open, Duration::from_secs(60), |open| !*open).unwrap());
    }
}

/// A connection, encrypted or not.
pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

type Handler = Box<dyn Fn(&Asked, usize) -> Reply + Send + Sync>;

/// The server; dropping it ends it.
pub struct Fake {
    scheme: &'static str,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    ended: Arc<AtomicBool>,
}

impl Fake {
    /// `handler` gets a request and how many came before it.
    pub fn start(handler: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("http", handler, |stream, serve| serve(&mut { stream }))
    }

    /// The same over TLS, with a certificate that only [`tls::ca_file`]'s authority vouches for.
    pub fn start_tls(handler: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let config = tls::config();
        Self::listen("https", handler, move |stream, serve| tls::wrap(&config, stream, serve))
    }

    fn listen(
        scheme: &'static str,
        handler: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
        wrap: impl Fn(TcpStream, &mut dyn FnMut(&mut dyn Stream)) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (handler, wrap): (Arc<Handler>, _) = (Arc::new(Box::new(handler)), Arc::new(wrap));
        let (record, stop) = (Arc::clone(&asked), Arc::clone(&ended));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (record, handler, wrap) = (Arc::clone(&record), Arc::clone(&handler), Arc::clone(&wrap));
                std::thread::spawn(move || {
                    wrap(stream.unwrap(), &mut |stream| serve(stream, &record, &**handler));
                });
            }
        });
        Self { scheme, address, asked, ended }
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &mut dyn Stream, record: &Mutex<Vec<Asked>>, handler: &dyn Fn(&Asked, usize) -> Reply) {
    let Some(asked) = read_request(stream) else { return };
    let before = {
        let mut record = record.lock().unwrap();
        record.push(asked.clone());
        record.len() - 1
    };
    if asked.method == "CONNECT" {
        // The proxy is itself the server at the other end of the tunnel.
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
        return serve(stream, record, handler);
    }
    let (bytes, gate) = match handler(&asked, before) {
        Reply::Full(status, headers, body) => (full(status, &headers, &body), None),
        Reply::Raw(bytes) => (bytes, None),
        Reply::Stuck(bytes, gate) => (bytes, Some(gate)),
    };
    // The other side may be gone already; that is its business.
    let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
    if let Some(gate) = gate {
        gate.wait();
    }
}

fn full(status: u16, headers: &[(&'static str, String)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

fn read_request(stream: &mut dyn Stream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&piece[..read]);
    }
    Some(Asked { method, target, headers, body })
}

/// `body` as gzip: one stored block, which every reader must take.
pub fn gzip(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(body);
    let crc = body.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    packed.extend((!crc).to_le_bytes());
    packed.extend(u32::from(length).to_le_bytes());
    packed
}

//! The smallest HTTP server: whatever is asked is handed to a function. Services that give out credentials are played so.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request, whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The method.
    pub(crate) method: String,
    /// The path with its query; what a proxy is to connect to.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    /// The body, by its length.
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// Reads one from a connection; `None` when the connection ends before.
    pub(crate) fn read(stream: &mut impl BufRead) -> Option<Self> {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut asked = Self { method: words.next()?, path: words.next()?, ..Self::default() };
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            asked.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = asked.header("content-length").parse().unwrap_or(0);
        asked.body = vec![0; length];
        stream.read_exact(&mut asked.body).ok()?;
        Some(asked)
    }

    /// The request as it is sent on, over a connection of its own.
    pub(crate) fn written(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "connection") {
            text += &format!("{name}: {value}\r\n");
        }
        [format!("{text}connection: close\r\n\r\n").as_bytes(), &self.body].concat()
    }

    /// A header, or the empty string.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }
}

/// A status line's end, and the body; further headers stand between them.
pub(crate) struct Said {
    /// `200 OK`
    pub(crate) status: &'static str,
    /// Whole lines.
    pub(crate) headers: &'static str,
    /// The body.
    pub(crate) body: String,
}

impl Said {
    pub(crate) fn json(body: &serde_json::Value) -> Self {
        Self { status: "200 OK", headers: "Content-Type: application/json\r\n", body: body.to_string() }
    }

    pub(crate) fn no(status: &'static str, body: impl Into<String>) -> Self {
        Self { status, headers: "", body: body.into() }
    }
}

/// A server on the loopback interface, until the test ends.
pub(crate) struct Desk {
    /// `http://127.0.0.1:port`
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Desk {
    pub(crate) fn new(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Self {
        Self::over(move |stream, asked| {
            let Said { status, headers, body } = answer(asked);
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            // Whoever has gone needs no answer.
            let _gone = stream.write_all(format!("{head}{body}").as_bytes());
        })
    }

    /// One that goes on with the connection itself after it has read a request from it.
    pub(crate) fn over(serve: impl Fn(&mut TcpStream, &Asked) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let (kept, serve) = (Arc::clone(&asked), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(mut stream), kept, serve) = (stream, Arc::clone(&kept), Arc::clone(&serve)) else {
                    return;
                };
                std::thread::spawn(move || {
                    // Nothing follows a request before it is answered, so nothing is lost with the reader.
                    let Some(asked) = Asked::read(&mut BufReader::new(&stream)) else { return };
                    kept.lock().unwrap().push(asked.clone());
                    serve(&mut stream, &asked);
                });
            }
        });
        Self { url, asked }
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

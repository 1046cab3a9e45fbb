//! The smallest HTTP client: one request, one answer, and what a watch says first.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Asks `http://address/path`; gives the status code and the JSON of the answer.
pub(crate) fn ask(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> (u16, Value) {
    let mut answer = send(address, method, path, headers, body);
    let code = head(&mut answer);
    let mut text = String::new();
    answer.read_to_string(&mut text).unwrap();
    let value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{method} {path}: {error}: {text}"));
    (code, value)
}

/// The first line of a watch.
pub(crate) fn first_event(address: &str, path: &str, headers: &[(&str, &str)]) -> Value {
    let mut answer = send(address, "GET", path, headers, None);
    assert_eq!(head(&mut answer), 200, "{path}");
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{path}: {error}: {line}"))
}

fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let body = body.map(Value::to_string).unwrap_or_default();
    // 1.0 has no chunks: the answer ends where the connection does.
    let mut request =
        format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
    BufReader::new(stream)
}

fn head(answer: &mut BufReader<TcpStream>) -> u16 {
    let mut status = String::new();
    answer.read_line(&mut status).unwrap();
    let code = status.split(' ').nth(1).and_then(|code| code.parse().ok());
    loop {
        let mut line = String::new();
        answer.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            return code.unwrap_or_else(|| panic!("no status in {status:?}"));
        }
    }
}

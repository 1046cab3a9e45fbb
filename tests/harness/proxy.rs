//! A proxy as companies have it: it connects to whatever is asked for, and here everything leads to the embedded world,
//! which it dresses in certificates of its own.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::desk::{Asked, Desk};

/// Certificates for names of AWS in `us-east-1`. Nobody but these tests trusts who signed them.
const CERTIFICATE: &[u8] = include_bytes!("certificates/leaf.pem");
const KEY: &[u8] = include_bytes!("certificates/leaf.key");

/// Who signed them: a file for `AWS_CA_BUNDLE`.
pub(crate) fn bundle() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/harness/certificates/ca.pem")
}

/// A proxy behind which `world` (`127.0.0.1:port`, plain HTTP) is all of AWS.
pub(crate) fn to(world: &str) -> Desk {
    let chain = CertificateDer::pem_slice_iter(CERTIFICATE).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let (config, world) = (Arc::new(config), world.to_owned());
    Desk::over(move |stream, asked| {
        assert_eq!(asked.method, "CONNECT", "what is not TLS does not need a proxy here");
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut inside = StreamOwned::new(connection, stream.try_clone().unwrap());
        let Some(asked) = Asked::read(&mut BufReader::new(&mut inside)) else { return };
        let mut outside = TcpStream::connect(&world).unwrap();
        outside.write_all(&asked.written()).unwrap();
        let mut answer = Vec::new();
        outside.read_to_end(&mut answer).unwrap();
        // One request a connection: the answer says that this one is closed.
        if inside.write_all(&answer).is_ok() {
            inside.conn.send_close_notify();
            let _gone = inside.flush();
        }
    })
}

/// A proxy that answers everything with these bytes, and what comes then with those.
pub(crate) fn saying(first: &'static [u8], then: &'static [u8]) -> Desk {
    Desk::over(move |stream, _| {
        // Whoever has gone needs no answer.
        let _gone = stream.write_all(first);
        if !then.is_empty() && stream.read(&mut [0; 16]).is_ok_and(|read| read > 0) {
            let _gone = stream.write_all(then);
        }
    })
}

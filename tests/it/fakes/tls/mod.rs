//! TLS for the fake server. The certificates are for 127.0.0.1, good for a hundred years, and good for
//! nothing else: made with `openssl`, an authority (`ca.pem`) and what it signed (`leaf.pem`, `key.pem`).

use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Stream;

/// The authority's certificate.
pub fn ca_file() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fakes/tls/ca.pem"))
}

pub fn config() -> Arc<ServerConfig> {
    let leaf = CertificateDer::from_pem_slice(include_bytes!("leaf.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(vec![leaf], key).unwrap())
}

pub fn wrap(config: &Arc<ServerConfig>, stream: TcpStream, serve: &mut dyn FnMut(&mut dyn Stream)) {
    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
    serve(&mut StreamOwned::new(connection, stream));
}

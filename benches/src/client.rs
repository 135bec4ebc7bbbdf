//! A keep-alive HTTP/1.1 client of one connection: little of its own, so that what is measured is the server.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Headers of a request.
pub type Headers<'a> = &'a [(&'static str, &'a str)];

/// One client. It connects when it must.
#[derive(Debug)]
pub struct Client {
    address: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client of `address`, such as `127.0.0.1:8787`.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), connection: None }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// The connection failed; whether the request was served is not known.
    pub async fn call(
        &mut self,
        method: Method,
        path: &str,
        headers: Headers<'_>,
        body: Bytes,
    ) -> io::Result<(u16, Bytes)> {
        let mut connection = match self.connection.take() {
            Some(connection) if !connection.is_closed() => connection,
            _ => self.connect().await?,
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(io::Error::other)?;
        request.headers_mut().insert("host", self.address.parse().map_err(io::Error::other)?);
        for (name, value) in headers {
            let value = value.parse().map_err(io::Error::other)?;
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        connection.ready().await.map_err(io::Error::other)?;
        let response = connection.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
        self.connection = Some(connection);
        Ok((status, body))
    }

    /// Posts on a connection of its own and hangs up `after` a while without reading: what became of it is not known.
    ///
    /// # Errors
    /// There was no connection.
    pub async fn post_and_hang_up(
        &self,
        path: &str,
        headers: Headers<'_>,
        body: &[u8],
        after: Duration,
    ) -> io::Result<()> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let mut head =
            format!("POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n", self.address, body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await?;
        stream.write_all(body).await?;
        tokio::time::sleep(after).await;
        Ok(())
    }

    async fn connect(&self) -> io::Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

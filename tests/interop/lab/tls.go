package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"testing"
	"time"
)

// NewTLSServer is a server that its clients know by an https:// URL: TLS ends
// in front of the web server, as behind a load balancer.  Daemons trust its
// certificate.
func NewTLSServer(t *testing.T, extra ...Ini) *Server {
	t.Helper()
	cert, pemText, _ := selfSigned(t)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	public := fmt.Sprintf("https://localhost:%d", ln.Addr().(*net.TCPAddr).Port)
	s := NewServer(t, append([]Ini{{"server.url": public}}, extra...)...)
	go forward(ln, fmt.Sprintf("127.0.0.1:%d", s.port))
	s.WriteFile("ca.pem", pemText)
	s.clientEnv = []string{"SSL_CERT_FILE=" + s.path("ca.pem")}
	s.URL = public
	return s
}

// forward passes each connection on until the listener is closed.
func forward(ln net.Listener, to string) {
	for {
		from, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer from.Close()
			back, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			defer back.Close()
			go func() {
				io.Copy(back, from)
				back.(*net.TCPConn).CloseWrite()
			}()
			io.Copy(from, back)
		}()
	}
}

// selfSigned makes a certificate for localhost and these names, and both parts of it as text.
func selfSigned(t *testing.T, names ...string) (cert tls.Certificate, pemText, keyText string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lab"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: append(names, "localhost"), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pemText = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	keyText = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pemText, keyText
}

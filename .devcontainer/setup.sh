#!/usr/bin/env bash
# Run once when the container is made: Deno, its notebook kernel, native TensorFlow and CIFAR-10.
set -euo pipefail
# Debian's Node brings npm, and npm Deno: no registry but npm's and Debian's is asked
sudo apt-get update -qq && sudo apt-get install -y -qq nodejs npm g++
mkdir -p ~/.deno && npm install --silent --prefix ~/.deno deno@2.9.6
mkdir -p ~/.deno/bin && ln -sf ~/.deno/node_modules/deno/deno ~/.deno/bin/deno
export PATH=~/.deno/bin:$PATH
deno task kernel
deno task setup

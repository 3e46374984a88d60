#!/usr/bin/env bash
# Run once when the container is made: Deno, its notebook kernel, native TensorFlow and CIFAR-10.
set -euo pipefail
# Debian's Node brings npm, and npm Deno: no registry but npm's and Debian's is asked
sudo apt-get update -qq && sudo apt-get install -y -qq nodejs npm g++
sudo npm install --silent --global deno@2.9.6
deno task kernel
deno task setup

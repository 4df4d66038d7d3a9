# docker buildx bake: every image of images/. The binary comes from `npm run build`.
group "default" { targets = ["knell", "knell-install", "pause", "redis", "valkey", "redis-distroless"] }

target "knell" {
  context    = "dist"
  dockerfile = "../images/knell/Dockerfile"
  tags       = ["knell:latest"]
}

target "knell-install" {
  context  = "images/knell-install"
  contexts = { knell = "target:knell" }
  tags     = ["knell-install:latest"]
}

target "pause" {
  context    = "dist"
  dockerfile = "../images/pause/Dockerfile"
  tags       = ["knell-pause:latest"]
}

target "redis" {
  name       = "redis-${variant.name}"
  matrix     = { variant = [{ name = "debian", base = "redis:8", tag = "8" }, { name = "alpine", base = "redis:8-alpine", tag = "8-alpine" }] }
  context    = "images/redis"
  contexts   = { knell = "target:knell" }
  args       = { BASE = variant.base }
  tags       = ["redis-knell:${variant.tag}"]
}

target "valkey" {
  name       = "valkey-${variant.name}"
  matrix     = { variant = [{ name = "debian", base = "valkey/valkey:8", tag = "8" }, { name = "alpine", base = "valkey/valkey:8-alpine", tag = "8-alpine" }] }
  context    = "images/valkey"
  contexts   = { knell = "target:knell" }
  args       = { BASE = variant.base }
  tags       = ["valkey-knell:${variant.tag}"]
}

target "redis-distroless" {
  context  = "images/redis-distroless"
  contexts = { knell = "target:knell" }
  tags     = ["redis-distroless:latest"]
}

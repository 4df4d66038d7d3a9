# docker buildx bake: every image of images/. The binary comes from `npm run build`.
variable "TAG" { default = "latest" }

group "default" { targets = ["knell", "pause", "redis", "valkey", "redis-distroless"] }

target "knell" {
  context    = "dist"
  dockerfile = "../images/knell/Dockerfile"
  tags       = ["knell:${TAG}"]
}

target "pause" {
  context    = "dist"
  dockerfile = "../images/pause/Dockerfile"
  tags       = ["knell-pause:${TAG}"]
}

target "redis" {
  name       = "redis-${variant.name}"
  matrix     = { variant = [{ name = "debian", base = "redis:8" }, { name = "alpine", base = "redis:8-alpine" }] }
  context    = "images/redis"
  contexts   = { knell = "target:knell" }
  args       = { BASE = variant.base }
  tags       = [variant.name == "debian" ? "redis-knell:${TAG}" : "redis-knell:${TAG}-alpine"]
}

target "valkey" {
  name       = "valkey-${variant.name}"
  matrix     = { variant = [{ name = "debian", base = "valkey/valkey:8" }, { name = "alpine", base = "valkey/valkey:8-alpine" }] }
  context    = "images/valkey"
  contexts   = { knell = "target:knell" }
  args       = { BASE = variant.base }
  tags       = [variant.name == "debian" ? "valkey-knell:${TAG}" : "valkey-knell:${TAG}-alpine"]
}

target "redis-distroless" {
  context  = "images/redis-distroless"
  contexts = { knell = "target:knell" }
  tags     = ["redis-distroless:${TAG}"]
}

# nomad job run redis.nomad.hcl: Nomad asks PID 1 over HTTP; no script check, so nothing is executed in the container.
job "redis" {
  type = "service"

  group "redis" {
    network {
      port "redis" { to = 6379 }
      port "knell" { to = 8086 }
    }

    task "redis" {
      driver = "docker"

      config {
        image = "redis-knell:8"
        ports = ["redis", "knell"]
      }

      service {
        name     = "redis"
        port     = "redis"
        provider = "nomad"

        check {
          type     = "http"
          port     = "knell"
          path     = "/livez"
          interval = "5s"
          timeout  = "1s"

          check_restart {
            limit = 6
            grace = "30s"
          }
        }
      }
    }
  }
}

// The socket that the endpoint listens on.

import { buffer } from "../system/buffers";
import { aboveStandard } from "../system/descriptors";
import {
  bind,
  close,
  connect,
  fd,
  listen,
  ptr,
  setsockopt,
  socket,
  stat_mode,
  unlink,
} from "../system/host";
import {
  AF_INET6,
  AF_UNIX,
  EADDRINUSE,
  EAFNOSUPPORT,
  ECONNREFUSED,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  S_IFMT,
  S_IFSOCK,
  SO_REUSEADDR,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
} from "../system/linux";
import { LISTEN_SOCKADDR_SIZE, ListenAddress } from "./address";

const BACKLOG: i32 = 128;
/** Seconds that the kernel keeps a connection without a request to itself: accepted it would take a place. */
const DEFERRED: i32 = 1;
const SOCKADDR: ptr = buffer(LISTEN_SOCKADDR_SIZE);

/** Listens on `address`; gives the socket, close-on-exec and non-blocking, or a negated errno. */
export function openListener(address: ListenAddress): fd {
  const opened = open(address);
  if (opened !== -EAFNOSUPPORT || !address.isDualStack) return opened;
  // A kernel without IPv6: the same port on IPv4.
  address.useIpv4();
  return open(address);
}

function open(address: ListenAddress): fd {
  const opened = aboveStandard(socket(address.family, SOCK_STREAM));
  if (opened < 0) return opened;
  // A container that is started again finds the port free though old connections linger on it: socket(7).
  if (address.family !== AF_UNIX) setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family === AF_INET6)
    setsockopt(opened, IPPROTO_IPV6, IPV6_V6ONLY, address.isDualStack ? 0 : 1);
  // Only a help: where it is not there silent clients are accepted, and give way to others.
  if (address.family !== AF_UNIX) setsockopt(opened, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFERRED);
  const length = address.sockaddr(SOCKADDR);
  let error = bind(opened, SOCKADDR, length);
  if (error === -EADDRINUSE && address.family === AF_UNIX && isStale(length)) {
    unlink(SOCKADDR + 2);
    error = bind(opened, SOCKADDR, length);
  }
  if (error === 0) error = listen(opened, BACKLOG);
  if (error === 0) return opened;
  close(opened);
  return error;
}

/**
 * True for the file of a socket on which nobody listens any more: a container that was killed has left it. Any other
 * file is somebody's.
 */
function isStale(length: i32): bool {
  if ((stat_mode(SOCKADDR + 2) & S_IFMT) !== S_IFSOCK) return false;
  const tried = socket(AF_UNIX, SOCK_STREAM);
  if (tried < 0) return false;
  const error = connect(tried, SOCKADDR, length);
  close(tried);
  return error === -ECONNREFUSED;
}

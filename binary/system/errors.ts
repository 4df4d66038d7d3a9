// What an errno is called and says, worded for someone who reads one line.

import * as errno from "./linux";

/** "ENOENT"; "errno" for a number that is not in the table. */
export function errnoName(error: i32): string {
  switch (error) {
    case errno.EPERM:
      return "EPERM";
    case errno.ENOENT:
      return "ENOENT";
    case errno.ESRCH:
      return "ESRCH";
    case errno.EINTR:
      return "EINTR";
    case errno.EIO:
      return "EIO";
    case errno.ENXIO:
      return "ENXIO";
    case errno.E2BIG:
      return "E2BIG";
    case errno.ENOEXEC:
      return "ENOEXEC";
    case errno.EBADF:
      return "EBADF";
    case errno.ECHILD:
      return "ECHILD";
    case errno.EAGAIN:
      return "EAGAIN";
    case errno.ENOMEM:
      return "ENOMEM";
    case errno.EACCES:
      return "EACCES";
    case errno.EBUSY:
      return "EBUSY";
    case errno.EEXIST:
      return "EEXIST";
    case errno.ENOTDIR:
      return "ENOTDIR";
    case errno.EISDIR:
      return "EISDIR";
    case errno.EINVAL:
      return "EINVAL";
    case errno.ENFILE:
      return "ENFILE";
    case errno.EMFILE:
      return "EMFILE";
    case errno.ENOTTY:
      return "ENOTTY";
    case errno.ETXTBSY:
      return "ETXTBSY";
    case errno.EFBIG:
      return "EFBIG";
    case errno.ENOSPC:
      return "ENOSPC";
    case errno.EROFS:
      return "EROFS";
    case errno.EPIPE:
      return "EPIPE";
    case errno.ENAMETOOLONG:
      return "ENAMETOOLONG";
    case errno.ENOSYS:
      return "ENOSYS";
    case errno.ELOOP:
      return "ELOOP";
    case errno.EPROTOTYPE:
      return "EPROTOTYPE";
    case errno.EPROTONOSUPPORT:
      return "EPROTONOSUPPORT";
    case errno.EAFNOSUPPORT:
      return "EAFNOSUPPORT";
    case errno.EADDRINUSE:
      return "EADDRINUSE";
    case errno.EADDRNOTAVAIL:
      return "EADDRNOTAVAIL";
    case errno.ENETUNREACH:
      return "ENETUNREACH";
    case errno.ECONNABORTED:
      return "ECONNABORTED";
    case errno.ECONNRESET:
      return "ECONNRESET";
    case errno.ENOTCONN:
      return "ENOTCONN";
    case errno.ETIMEDOUT:
      return "ETIMEDOUT";
    case errno.ECONNREFUSED:
      return "ECONNREFUSED";
    case errno.EHOSTUNREACH:
      return "EHOSTUNREACH";
    case errno.EINPROGRESS:
      return "EINPROGRESS";
    default:
      return "errno";
  }
}

/** "no such file or directory"; "system error" for a number that is not in the table. */
export function errnoText(error: i32): string {
  switch (error) {
    case errno.EPERM:
      return "operation not permitted";
    case errno.ENOENT:
      return "no such file or directory";
    case errno.ESRCH:
      return "no such process";
    case errno.EIO:
      return "input/output error";
    case errno.ENXIO:
      return "no such device or address";
    case errno.E2BIG:
      return "argument list too long";
    case errno.ENOEXEC:
      return "exec format error";
    case errno.EBADF:
      return "bad file descriptor";
    case errno.EAGAIN:
      return "resource temporarily unavailable";
    case errno.ENOMEM:
      return "out of memory";
    case errno.EACCES:
      return "permission denied";
    case errno.EBUSY:
      return "resource busy";
    case errno.ENOTDIR:
      return "not a directory";
    case errno.EISDIR:
      return "is a directory";
    case errno.EINVAL:
      return "invalid argument";
    case errno.ENFILE:
      return "too many open files in the system";
    case errno.EMFILE:
      return "too many open files";
    case errno.ENOTTY:
      return "not a terminal";
    case errno.ETXTBSY:
      return "file is being written";
    case errno.EFBIG:
      return "file too large";
    case errno.ENOSPC:
      return "no space left";
    case errno.EROFS:
      return "read-only file system";
    case errno.EPIPE:
      return "broken pipe";
    case errno.ENAMETOOLONG:
      return "name too long";
    case errno.ENOSYS:
      return "not supported by this kernel";
    case errno.ELOOP:
      return "too many symbolic links";
    case errno.EPROTOTYPE:
      return "wrong socket type";
    case errno.EAFNOSUPPORT:
      return "address family not supported";
    case errno.EADDRINUSE:
      return "address in use";
    case errno.EADDRNOTAVAIL:
      return "address not available";
    case errno.ENETUNREACH:
      return "network is unreachable";
    case errno.ECONNRESET:
      return "connection reset";
    case errno.ETIMEDOUT:
      return "connection timed out";
    case errno.ECONNREFUSED:
      return "connection refused";
    case errno.EHOSTUNREACH:
      return "no route to host";
    default:
      return "system error";
  }
}

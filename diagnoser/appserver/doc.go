// Package appserver reads lines of the logs of application servers, of their supervisor
// and of the kernel: php-fpm, gunicorn, uWSGI, Node.js, systemd, Linux.
package appserver

#!/bin/sh
# Run a systemd of its own on a copy of this machine that nobody else sees: to be called in new mount, PID, network,
# UTS, IPC and cgroup namespaces, as root. What it writes lies in memory, and is gone with it.
#
# private_systemd.sh FOLDER   an empty folder; in the environment CONSOLE (a pty), DEPLOY, STATE, SETTINGS, PYTHON,
#                             PACKAGES and SOURCE
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mkdir -p opt/postwarden/bin opt/postwarden/packages opt/postwarden/source opt/postwarden/units opt/postwarden/log
mount --bind "$PACKAGES" opt/postwarden/packages
mount --bind "$SOURCE" opt/postwarden/source
cp -r "$DEPLOY" opt/postwarden/deploy
mkdir -p etc/postwarden var/lib/postwarden
cp "$SETTINGS" etc/postwarden/postwarden.toml
cp -r "$STATE" var/lib/postwarden/state
echo key >etc/postwarden/doveadm.key
echo 0123456789abcdef0123456789abcdef >etc/machine-id

mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
console=opt/postwarden/console
touch $console
mount --bind "$CONSOLE" $console
mount -t tmpfs -o mode=755 tmpfs dev
for one in null zero full random urandom tty console; do touch dev/$one; done
for one in null zero full random urandom tty; do mount --rbind /dev/$one dev/$one; done
mount --move $console dev/console
mkdir dev/shm dev/pts dev/mqueue
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

cat >opt/postwarden/bin/postwarden <<END
#!/bin/sh
export PYTHONPATH=/opt/postwarden/packages:/opt/postwarden/source PYTHONDONTWRITEBYTECODE=1
exec $PYTHON -c 'from postwarden.cli.app import main; main()' "\$@"
END
chmod 755 opt/postwarden/bin/postwarden
cd opt/postwarden/units
cp ../deploy/systemd/*.service .
for one in sysinit basic shutdown umount network-online; do
    printf '[Unit]\nDefaultDependencies=no\n' >$one.target
done
printf '[Unit]\nDefaultDependencies=no\n' >default.target
for one in web worker policy; do
    echo "Wants=postwarden-$one.service" >>default.target
    mkdir postwarden-$one.service.d
    printf '[Service]\nStandardOutput=append:/opt/postwarden/log/%s\nStandardError=append:/opt/postwarden/log/%s\n' \
        $one $one >postwarden-$one.service.d/here.conf
done

cd "$1/root"
mkdir old
pivot_root . old
systemd-sysusers /opt/postwarden/deploy/sysusers.conf
chown -R postwarden-worker:postwarden /var/lib/postwarden/state
find /var/lib/postwarden/state -type f -exec chmod 0660 {} +
systemd-tmpfiles --create /opt/postwarden/deploy/tmpfiles.conf
umount -l /old
mount --make-rshared /
exec env -i container=lxc PATH=/usr/bin:/usr/sbin SYSTEMD_UNIT_PATH=/opt/postwarden/units \
    /lib/systemd/systemd --system --log-target=console --show-status=0

# What the unit does: the shop is started again whenever it has ended.
while gunicorn --chdir /srv --config /srv/gunicorn.conf.py shop:app; do :; done

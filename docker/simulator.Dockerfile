# The simulator: the lab's image and the program.  lab-up puts that into a folder of its own.
FROM poller-lab
COPY poller-lab /usr/local/bin/poller-lab
# Built on another system it may want what is not here; better said now than by silence later.
RUN ! ldd /usr/local/bin/poller-lab 2>&1 | grep 'not found'
USER lab
ENTRYPOINT ["tini", "--", "poller-lab", "sim"]

# Collectors, their settings and the schedule. `salt '*' state.apply cmdb.clean` takes it all back.
{%- from 'cmdb/map.jinja' import cmdb, settings, config_file, path with context %}

cmdb-modules:
  saltutil.sync_all:
    - refresh: True

# Pillar alone would do while the master answers; the file serves `salt-call --local` too.
cmdb-settings:
  file.managed:
    - name: {{ config_file | json }}
    - mode: '0600'
    - makedirs: True
    - contents: |
        # Written by the state cmdb. Pillar `cmdb:` is laid over it, key by key.
        {{ {'cmdb': settings} | yaml(False) | indent(8) }}

# A running minion reads its files once. What stands in pillar applies at once all the same; what
# was taken out of pillar still stands in the settings that the minion started with.
cmdb-restart:
  test.show_notification:
    - text: >-
        The settings file of the CMDB has changed. Pillar applies at once; what was taken out of
        pillar lasts until the minion restarts.
    - onchanges:
      - file: cmdb-settings

{%- if cmdb.schedule.enabled %}

cmdb-schedule:
  schedule.present:
    - name: cmdb
    - function: {{ path.function }}
    - job_args: {{ cmdb.schedule.kinds | json }}
    - minutes: {{ cmdb.schedule.minutes }}
    - splay: {{ cmdb.schedule.splay_seconds }}
    - maxrunning: 1
    # True, the default, would make the whole fleet report at once after a restart of the master.
    - run_on_start: False
    - return_job: {{ path.return_job }}
    {%- if path.returner is defined %}
    - returner: {{ path.returner }}
    {%- endif %}
    - require:
      - saltutil: cmdb-modules
      - file: cmdb-settings
{%- else %}

cmdb-schedule:
  schedule.absent:
    - name: cmdb
{%- endif %}

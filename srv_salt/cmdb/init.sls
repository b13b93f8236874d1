# Collectors, their settings and the schedule. `salt '*' state.apply cmdb.clean` takes it all back.
{%- from 'cmdb/map.jinja' import settings, config_file with context %}

include:
  - cmdb.schedule

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

{%- if salt['file.file_exists'](config_file) %}

# A running minion reads its files once. What stands in pillar applies at once all the same; what
# was taken out of pillar still stands in the settings that the minion started with.
cmdb-restart:
  test.show_notification:
    - text: >-
        The settings file of the CMDB has changed. Pillar applies at once; what was taken out of
        pillar lasts until the minion restarts.
    - onchanges:
      - file: cmdb-settings
{%- endif %}

{%- set agent = salt['file.join'](opts['config_dir'], 'minion.d', 'cmdb-agent.conf') %}
{%- if salt['file.file_exists'](agent) %}

# Its collectors would go before those that the master syncs, and the host would report twice.
cmdb-agent:
  test.show_notification:
    - text: >-
        The agent mode is installed here too, see {{ agent }}. `python3 -m cmdb_agent uninstall` on
        the host removes it.
{%- endif %}

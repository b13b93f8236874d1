# Takes back what the state cmdb installed: schedule, settings, modules, spool. What waits in the
# spool goes with it: run cmdb.deliver before, where that matters. A timer of the agent mode is not
# Salt's: `cmdb_agent uninstall` on the host removes it.
{%- from 'cmdb/map.jinja' import config_file with context %}

{%- for name in salt['schedule.list'](show_all=True, return_yaml=False) %}
{%- if name == 'cmdb' or name.startswith('cmdb-') %}

{{ name | replace('cmdb', 'cmdb-schedule', 1) }}-absent:
  schedule.absent:
    - name: {{ name | json }}
{%- endif %}
{%- endfor %}

cmdb-settings-absent:
  file.absent:
    - name: {{ config_file | json }}

cmdb-spool-absent:
  file.absent:
    - name: {{ salt['file.join'](opts['cachedir'], 'cmdb') | json }}

{%- set modules = opts['extension_modules'] %}
{%- if salt['file.directory_exists'](modules) %}
{%- for found in salt['file.find'](modules, name='cmdb*.py') + salt['file.find'](modules, name='cmdb*.pyc') %}

{{ found | json }}:
  file.absent:
    - onchanges_in:
      - module: cmdb-forgotten
{%- endfor %}
{%- endif %}

cmdb-forgotten:
  module.run:
    - saltutil.refresh_modules: []
    - onchanges:
      - file: cmdb-settings-absent

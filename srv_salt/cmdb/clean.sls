# Takes back what the state cmdb installed: schedule, settings, modules, spool. What waits in the
# spool goes with it: run cmdb.deliver before, where that matters.
{%- from 'cmdb/map.jinja' import config_file with context %}

cmdb-schedule-absent:
  schedule.absent:
    - name: cmdb

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

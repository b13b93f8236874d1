base:
  '*':
    - cmdb

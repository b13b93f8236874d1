# Collectors of the CMDB and the fact salt_cmdb, whose report `cmdb import puppetdb` takes whole.
#
# @param ensure           absent takes all of it back.
# @param settings         settings of the collectors, as in the pillar `cmdb:`; from Hiera.
# @param interval_seconds how old the report may get before a run of Puppet collects anew, seconds.
# @param limit_seconds    longest that a run of Puppet waits for all collectors together, seconds.
# @param folder           where collectors and settings are.
# @param cache_folder     where the report is kept between runs.
# @param facts_folder     where Facter looks for facts of this host.
class salt_cmdb (
  Enum['present', 'absent'] $ensure           = 'present',
  Hash[String[1], Data]     $settings         = {},
  Integer[0]                $interval_seconds = 1500,
  Integer[1]                $limit_seconds    = 60,
  String[1]                 $folder           = '/opt/salt-cmdb',
  String[1]                 $cache_folder     = '/var/cache/salt-cmdb',
  String[1]                 $facts_folder     = '/etc/facter/facts.d',
) {
  $fact = "${facts_folder}/salt_cmdb"

  if $ensure == 'absent' {
    file { $fact:
      ensure => absent,
    }
    -> file { [$folder, $cache_folder]:
      ensure => absent,
      force  => true,
    }
  } else {
    $options = {
      'interval_seconds' => $interval_seconds,
      'limit_seconds'    => $limit_seconds,
      'cache_folder'     => $cache_folder,
      'cmdb'             => $settings,
    }

    file { $folder:
      ensure => directory,
      mode   => '0755',
    }
    # Reports hold serial numbers and addresses: they are root's.
    file { $cache_folder:
      ensure => directory,
      mode   => '0700',
    }
    # A collector that is gone from the module is gone from the host.
    file { "${folder}/salt":
      ensure  => directory,
      source  => 'puppet:///modules/salt_cmdb/salt',
      recurse => true,
      purge   => true,
      force   => true,
      ignore  => '__pycache__',
    }
    file { "${folder}/fact.py":
      ensure => file,
      mode   => '0644',
      source => 'puppet:///modules/salt_cmdb/fact.py',
    }
    file { "${folder}/settings.json":
      ensure  => file,
      mode    => '0600',
      content => template('salt_cmdb/settings.json.erb'),
    }

    # Not a file resource: another module may have one of this folder.
    exec { "make ${facts_folder}":
      command => "/bin/mkdir -p '${facts_folder}'",
      creates => $facts_folder,
    }
    # Last: a fact that is there has all that it needs.
    -> file { $fact:
      ensure  => file,
      mode    => '0755',
      content => epp('salt_cmdb/fact.epp', { 'folder' => $folder }),
      require => File["${folder}/salt", "${folder}/fact.py", "${folder}/settings.json", $cache_folder],
    }
  }
}

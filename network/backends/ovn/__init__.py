"""Networks on OVN, written into its Northbound database.

Schema: https://www.ovn.org/support/dist-docs/ovn-nb.5.html
"""

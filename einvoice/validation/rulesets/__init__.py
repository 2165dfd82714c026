"""Rule sets that come as data: a new release of the official rules, or a town's house rules.

package: reads a folder, zip or file · trees: lays it down beside the shipped rules · proving: refuses what does not
make sense or does not do what its own examples say · installed: what a workplace has
"""

from storage.models.disk_offering import DiskOffering
from storage.models.pool import StoragePool
from storage.models.secondary_store import SecondaryStore
from storage.models.template import Template
from storage.models.template_copy import TemplateCopy
from storage.models.template_share import TemplateShare
from storage.models.volume import Volume

__all__ = ["DiskOffering", "SecondaryStore", "StoragePool", "Template", "TemplateCopy", "TemplateShare", "Volume"]

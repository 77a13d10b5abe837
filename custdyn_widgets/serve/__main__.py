"""The server's process, as `custdyn app` starts it."""

from custdyn_widgets.serve.parent import end_with_parent
from custdyn_widgets.views.quick_jsonschema import quick_jsonschema

end_with_parent()
with quick_jsonschema():
    from custdyn_widgets.serve.server import Server
Server.launch_instance()

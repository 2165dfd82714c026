"""The body of a call that hands in a file: its bytes as they are, or one file of a form."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import UploadFile

KINDS = (
    "application/xml",
    "text/xml",
    "application/pdf",
    "application/zip",
    "message/rfc822",
    "application/octet-stream",
)
"""Media types of a file that is the body itself."""

_BINARY = {"schema": {"type": "string", "format": "binary"}}
DESCRIBED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            **dict.fromkeys(KINDS, _BINARY),
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}
"""What OpenAPI says of it."""


async def given(request: Request) -> tuple[bytes, str]:
    """Bytes and file name ("" where none was given). Raises 415 and 422."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=10, max_part_size=65_536) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise HTTPException(422)
            data, name = await file.read(), file.filename or ""
    elif kind in KINDS:
        data, name = await request.body(), ""
    else:
        raise HTTPException(415)
    if not data:
        raise HTTPException(422)
    return data, name.replace("\\", "/").rpartition("/")[2][:200]


Body = Annotated[tuple[bytes, str], Depends(given)]

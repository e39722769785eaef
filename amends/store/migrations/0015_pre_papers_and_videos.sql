-- Papers and videos that were filed before they could be read and compared are looked at once.
update evidence e
   set examine_after = '-infinity'
  from files f
 where f.merchant_id = e.merchant_id and f.sha256 = e.sha256 and f.state = 'kept'
   and (f.media_type = 'application/pdf' or f.media_type like 'video/%');
